"""Numbers of the dose core, one TOML file per subject; every row carries source, species, tissue, n and grade."""
