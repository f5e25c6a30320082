/** What a repository check found: one line each, in the form editors and terminals turn into a link. */
export interface Problem {
  /** Path from the repository's root, with `/`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}: error: ${problem.message}`;
}
