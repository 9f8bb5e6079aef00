"""The case terms that come with the product, one TOML file a country."""
