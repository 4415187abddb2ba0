"""The maximal correlation coefficient of a symmetric co-occurrence matrix.

PyRadiomics takes the square root of the second largest eigenvalue of ``Q = X⁻¹ P Y⁻¹ Pᵀ`` (X, Y: the diagonal
matrices of the row and column sums), by a general eigenvalue routine. For a symmetric P, X = Y and Q is similar to
``S²`` with ``S = X^-½ P X^-½``: MCC is the second largest absolute eigenvalue of the symmetric S. Its largest
eigenvalue is 1 with the known eigenvector sqrt(row sums), so one reflection that turns this vector into a coordinate
axis leaves a smaller symmetric matrix with the other eigenvalues (deflation), of which the largest in absolute value
is wanted. With two levels that matrix is one number, with three it is 2 x 2 (closed form); from four on it is made
tridiagonal (Householder) and its eigenvalues found by the square-root-free QL iteration of Pal, Walker and Kahan
(B. N. Parlett, The Symmetric Eigenvalue Problem, SIAM 1998, section 8.15).

A level that one direction never sees has an empty row; it only adds an eigenvalue 0 and is left out."""

from __future__ import annotations

import numpy as np

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Scratch

# Squared off-diagonal elements below this are 0: they move an eigenvalue by less than 1e-16.
_NEGLIGIBLE_SQUARE = 1e-32
_MOST_ITERATIONS = 60


@compiled
def maximal_correlation(s: Scratch, n: int, total: int) -> float:
    """MCC of the symmetric counts ``s.cells`` (n x n, flat; row sums ``s.sums``, all adding to ``total``).

    0 if only one level occurs. Works in ``s.matrix``, ``s.vector``, ``s.work`` and ``s.seen``."""
    counts, sums, matrix, seen = s.cells, s.sums, s.matrix, s.seen
    m = 0
    for i in range(n):
        if sums[i] > 0:
            seen[m] = i
            m += 1
    if m < 2:
        return 0.0
    if m == 2:
        i, j = seen[0], seen[1]
        determinant = counts[i * n + i] * counts[j * n + j] - counts[i * n + j] * counts[i * n + j]
        return abs(determinant) / (sums[i] * sums[j])
    size = _deflated(s, n, m, total)
    if size == 2:
        return _largest_of_two(matrix[0], matrix[1], matrix[3])
    _tridiagonalise(s, size)
    return _largest_of_tridiagonal(s, size)


@compiled
def _deflated(s: Scratch, n: int, m: int, total: int) -> int:
    """Fills ``s.matrix`` ((m-1) x (m-1)) with S reflected by H = I - u uᵀ/(1 + v0), u = v + e0, v = sqrt(sums/total),
    without its first row and column, and returns m - 1.

    H S H = S - u qᵀ - q uᵀ. As S v = v, S u = v + S[:, 0]: no matrix-vector product is needed."""
    counts, sums, matrix, vector, q, seen = s.cells, s.sums, s.matrix, s.vector, s.work, s.seen
    for i in range(m):
        vector[i] = np.sqrt(sums[seen[i]] / total)
    first = seen[0]
    v0 = vector[0]
    s00 = counts[first * n + first] / sums[first]
    dot = (v0 + 1.0) * (v0 + s00)
    size = m - 1
    for i in range(1, m):
        a = seen[i]
        for j in range(1, i + 1):
            b = seen[j]
            matrix[(i - 1) * size + j - 1] = counts[a * n + b] / (total * vector[i] * vector[j])
        s_i0 = counts[a * n + first] / (total * vector[i] * v0)
        dot += vector[i] * (vector[i] + s_i0)
        q[i - 1] = (vector[i] + s_i0) / (1.0 + v0)  # S u / (1 + v0)
    half = 0.5 * dot / ((1.0 + v0) * (1.0 + v0))
    for i in range(1, m):
        q[i - 1] -= half * vector[i]
    for i in range(size):
        for j in range(i + 1):
            value = matrix[i * size + j] - vector[i + 1] * q[j] - q[i] * vector[j + 1]
            matrix[i * size + j] = value
            matrix[j * size + i] = value
    return size


@compiled
def _largest_of_two(a: float, b: float, c: float) -> float:
    """Largest absolute eigenvalue of [[a, b], [b, c]]; no cancellation under the root."""
    return 0.5 * (abs(a + c) + np.sqrt((a - c) * (a - c) + 4.0 * b * b))


@compiled
def _tridiagonalise(s: Scratch, size: int) -> None:
    """Householder reduction, last row first: ``diagonal`` and *squared* off-diagonal ``off[i]`` between i and i+1,
    into ``s.vector`` and ``s.work``."""
    a, diagonal, off = s.matrix, s.vector, s.work
    for i in range(size - 1, 0, -1):
        row = i * size
        diagonal[i] = a[row + i]
        norm = 0.0
        for k in range(i):
            norm += a[row + k] * a[row + k]
        off[i - 1] = norm
        if i == 1 or norm <= _NEGLIGIBLE_SQUARE:
            continue
        length = np.sqrt(norm)
        pivot = a[row + i - 1]
        u_last = pivot + length if pivot >= 0 else pivot - length
        a[row + i - 1] = u_last
        beta = 1.0 / (norm + abs(pivot) * length)
        dot = 0.0
        for j in range(i):
            w = 0.0
            for k in range(j + 1):
                w += a[j * size + k] * a[row + k]
            for k in range(j + 1, i):
                w += a[k * size + j] * a[row + k]
            diagonal[j] = w * beta
            dot += diagonal[j] * a[row + j]
        half = 0.5 * beta * dot
        for j in range(i):
            diagonal[j] -= half * a[row + j]
        for j in range(i):
            for k in range(j + 1):
                a[j * size + k] -= a[row + j] * diagonal[k] + diagonal[j] * a[row + k]
    diagonal[0] = a[0]


@compiled
def _largest_of_tridiagonal(s: Scratch, size: int) -> float:
    """Largest absolute eigenvalue; ``s.work`` holds the squared off-diagonal. Overwrites."""
    d, e = s.vector, s.work
    largest = 0.0
    low = 0
    iterations = 0
    while low < size:
        end = low
        while end < size - 1 and e[end] > _NEGLIGIBLE_SQUARE:
            end += 1
        if end == low:
            largest = max(largest, abs(d[low]))
            low += 1
        elif end == low + 1:
            largest = max(largest, _largest_of_two(d[low], np.sqrt(e[low]), d[end]))
            low += 2
        elif iterations == _MOST_ITERATIONS * size:
            return np.nan
        else:
            _ql_step(s, low, end)
            iterations += 1
    return largest


@compiled
def _ql_step(s: Scratch, low: int, end: int) -> None:
    """One shifted QL sweep over the block low..end, on squared off-diagonals."""
    d, e = s.vector, s.work
    root = np.sqrt(e[low])
    sigma = (d[low + 1] - d[low]) / (2.0 * root)
    sigma = d[low] - root / (sigma + np.copysign(np.sqrt(sigma * sigma + 1.0), sigma))
    cosine, sine = 1.0, 0.0  # both squared
    gamma = d[end] - sigma
    p = gamma * gamma
    for i in range(end - 1, low - 1, -1):
        square = e[i]
        r = p + square
        if i != end - 1:
            e[i + 1] = sine * r
        cosine_before, gamma_before = cosine, gamma
        cosine = p / r
        sine = square / r
        gamma = cosine * (d[i] - sigma) - sine * gamma_before
        d[i + 1] = gamma_before + (d[i] - gamma)
        p = gamma * gamma / cosine if cosine != 0.0 else cosine_before * square
    e[low] = sine * p
    d[low] = sigma + gamma
