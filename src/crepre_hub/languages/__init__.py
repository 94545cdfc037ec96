"""The languages of the lab's pages: catalogues, who reads in which, and templates."""
