"""Every command the reader can give, declared once; menus, toolbar, keys, palette and help follow."""
