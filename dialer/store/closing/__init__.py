"""The nightly closing: what we decided and sent, against what the far side says it took."""
