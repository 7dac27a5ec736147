"""CSV files of tokens: their rows, their columns, and the dialects that vendors write."""
