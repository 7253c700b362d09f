"""What users would otherwise write for six approaches: programs after each library's documentation.

Each reads ``train.jsonl``, ``dev.jsonl``, ``test.jsonl`` and ``unlabeled.txt`` in a folder, and writes its
answers for test and the time of single documents. They share no code, as separate programs do not.
"""
