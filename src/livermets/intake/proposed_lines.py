"""The lines of a cohort, written by YAML itself so that whatever needs quoting is quoted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass
class Proposal:
    """Keys of the cohort in their order, remarks by key, and remarks on the whole."""

    name: str
    keys: dict[str, Any]
    beside: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        lines = _dumped({"outcome": self.outcome}, {}) if self.outcome else []
        lines += ["cohorts:", f"  {_flow(self.name)}:"]
        lines += [f"    {line}" for line in _dumped(self.keys, self.beside)]
        lines += [f"    # {' '.join(remark.split())}" for remark in self.remarks]
        return "\n".join(lines) + "\n"


def _dumped(keys: dict[str, Any], beside: dict[str, str]) -> list[str]:
    """One line per key, written by YAML itself so that whatever needs quoting is quoted."""
    lines = []
    for key, value in keys.items():
        note = f"  # {beside[key]}" if key in beside else ""
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{_flow(key)}:{note}", *(f"- {_flow(entry)}" for entry in value)]
        else:
            lines.append(f"{_flow(key)}: {_flow(value)}{note}")
    return lines


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return text.removesuffix("...\n").rstrip("\n")
