"""What the lab remembers: tables, their migrations, and typed records in and out."""
