// What is told as progress of work that has not begun, since other work is under way in the engine it needs.

export const WAITING = 'waits for other work';
