"""Configuration, read once into frozen settings."""
