class Repetition:
    def push(self, t):
        return False
