"""Pages on paper: tagged PDFs of HTML, in a font whose digits are told apart."""
