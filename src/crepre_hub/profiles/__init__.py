"""Kinds of servers a course offers, and the choice among them."""
