"""The product's own tariff format: a page of YAML that a billing clerk can read (docs/rates.md)."""
