"""What is asked: subjects, splits, questions, prompts and edits, fixed before anything is run."""
