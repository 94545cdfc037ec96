"""Lists of people as files: from the bytes that a system exported to the people in them."""
