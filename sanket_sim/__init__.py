"""Sanket: a flight simulator for a bank's platform."""
