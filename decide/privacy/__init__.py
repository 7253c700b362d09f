"""What happens to texts: where they go, what they hold, what a shipped model keeps of them."""
