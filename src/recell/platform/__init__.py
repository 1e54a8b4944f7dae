"""What programs use around their graphs: flags, `app.run`, logging, files, text and bytes.

May import `graph` only.
"""
