"""The look of every page: base templates, components, charts, tables, error pages and health."""
