"""One module per part of the report; each function takes the study's results and returns plain sections."""
