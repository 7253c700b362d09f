"""Encoders: batching, fine-tuning and continued pretraining."""
