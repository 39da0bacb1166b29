"""A small Django site that an identity provider can be pointed at; start reading at ``settings``."""
