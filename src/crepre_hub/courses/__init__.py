"""Courses and the rules about who may do what in them: values in, values out."""
