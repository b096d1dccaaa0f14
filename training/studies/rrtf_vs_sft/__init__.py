"""What does the rank loss of RRTF add to fine-tuning on the same answers? PLAN.md says what is compared, and how."""
