// The desktop shell, as a checklist.
import { app } from 'electron';
app.quit();
