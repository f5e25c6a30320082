/** Rules about lines, whatever the language. */
import type { Problem } from './problem.ts';

const LINE_COLUMNS_MAX = 120;
const CODE = /\.(?:ts|js|mjs|cc|c|h|gyp|sh|txt)$/;

interface LengthRule {
  readonly files: RegExp;
  readonly linesMax: number;
}

/** The first that fits counts. Tables of facts may be as long as the facts. */
const LENGTHS: readonly LengthRule[] = [
  { files: /^lib\/sys\//, linesMax: Number.POSITIVE_INFINITY },
  { files: /^(?:test|native\/test)\/.*\.(?:ts|cc|c|h)$/, linesMax: 600 },
  { files: /^(?:lib|native|tools|benchmarks)\/.*\.(?:ts|cc|c|h)$/, linesMax: 400 },
];

interface WordRule {
  readonly files: RegExp;
  readonly word: RegExp;
  readonly message: string;
}

// The expressions are written so that they do not find themselves.
const WORDS: readonly WordRule[] = [
  {
    files: /./,
    word: /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/,
    message: 'unfinished work: finish it, or open an issue',
  },
  {
    files: /^(?:lib|native|test)\//,
    word: /\bstub[s]?\b/i,
    message: 'a stub claims success: say what it is',
  },
  { files: /./, word: /\/wor[k]\//, message: 'a path of one machine' },
  { files: /./, word: /\.\.\/share[d]\b|\.librar[y]\b/, message: 'a file outside the repository' },
  { files: /./, word: /^(?:<{7}|>{7}) /, message: 'merge conflict' },
  {
    files: /\.ts$/,
    word: /@ts-(?:ignore|nochec[k])/,
    message: 'silences the compiler: fix the type',
  },
];

/** What is wrong with the text of one file. */
export function textProblems(file: string, text: string): Problem[] {
  const problems: Problem[] = [];
  const lines = text.split('\n');
  lines.forEach((content, i) => {
    const line = i + 1;
    if (CODE.test(file) && content.length > LINE_COLUMNS_MAX) {
      problems.push({ file, line, message: `${content.length} columns, at most ${LINE_COLUMNS_MAX}` });
    }
    for (const rule of WORDS) {
      const found = rule.files.test(file) ? rule.word.exec(content) : null;
      if (found !== null) {
        problems.push({ file, line, message: `${found[0].trim()}: ${rule.message}` });
      }
    }
  });
  const length = LENGTHS.find((rule) => rule.files.test(file));
  if (length !== undefined && lines.length - 1 > length.linesMax) {
    problems.push({
      file,
      line: 1,
      message: `${lines.length - 1} lines, at most ${length.linesMax}: split it by subject`,
    });
  }
  return problems;
}
