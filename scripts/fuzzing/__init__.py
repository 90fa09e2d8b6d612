"""Requests of every kind, drawn from the service's OpenAPI document, and what becomes of them."""
