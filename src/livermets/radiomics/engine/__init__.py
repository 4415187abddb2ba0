"""The compiled engine: all 93 features of a window in one pass over its pixels.

`discretise` makes grey levels, `matrices` fills every texture matrix, `glcm`, `mcc`, `sizes` (run lengths, size zones,
dependence), `ngtdm` and `firstorder` turn them into features, `kernel` does one window after the other on one thread
and `fast` deals windows to threads. `scratch` and `tables` hold the working memory and the precomputed logarithms."""
