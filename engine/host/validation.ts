// What a message got wrong, in one line.

import type { z } from 'zod';

/** 'options.threads: expected …; …' */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map(issue => `${issue.path.join('.') || 'message'}: ${issue.message}`).join('; ');
}
