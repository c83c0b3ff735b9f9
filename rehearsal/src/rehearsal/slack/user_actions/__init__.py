"""What people do in the workspace: commands and buttons, forms and elements."""
