"""What a comparison measures beyond one score an arm: one question a module.

How many labels are worth it, how far stated probabilities can be trusted, what a cheap arm with a dear one
behind it would do, how arms fare on sources they have not seen and on texts that are damaged.
"""
