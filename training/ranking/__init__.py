"""Every answer runs against the checks of its task; what it does decides its rank."""
