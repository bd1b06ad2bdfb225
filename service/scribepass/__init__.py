"""Presigned Amazon Transcribe streaming URLs, and everything that speaks through them."""

__version__ = "0.1.0"
