"""DWCP's dashboards, a module per document that asked for them; kit.py has the shapes they are made of."""
