"""The compiled part: what is done for every altered mask.

`flips` cuts the mask of a dial, `contained` counts the windows that it holds, `surfaces` measures how far it lies from
the reference."""
