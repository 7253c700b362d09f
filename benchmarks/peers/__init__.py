"""What users would otherwise write, as the peers' own documentation tells them to."""
