"""Submissions to NeuroBench: a folder with all that its rules ask for, and an auditor of such."""
