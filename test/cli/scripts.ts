// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how sh writes its parameters
/**
 * Scripts that mean the same to every shell of POSIX, with what dash(1) prints for them in an empty directory. They
 * use nothing that the hosts of shells do differently.
 */

export interface Outcome {
  readonly stdout: string;
  readonly status: number;
}

/** Lines, and what comes of them. */
export const SCRIPTS: readonly (readonly [...lines: string[], outcome: Outcome])[] = [
  [
    'x=\'a b\'; echo ${x:-y} "${x:-y}" ${nope:-q w} "${nope:-q  w}"',
    'echo ${nope-d} "${nope-}" ${x:+set} ${nope:+set} "${nope:+set}"',
    { stdout: 'a b a b q w q  w\nd  set \n', status: 0 },
  ],
  [
    'e=; echo "[${e:-null}][${e-null}][${e:+set}][${e+set}][${e:=given}][$e][${u=one two}][$u]" ${#e} ${#u} ${#zzz}',
    { stdout: '[null][][][set][given][given][one two][one two] 5 7 0\n', status: 0 },
  ],
  [
    "echo ${v:='a  b'} \"$v\"; printf '[%s]' ${q:-'a  b' c} \"${q:-'a  b' c}\" ${q:-\"x  y\"}z; echo",
    { stdout: "a b a  b\n[a  b][c]['a  b' c][x  yz]\n", status: 0 },
  ],
  [
    'printf \'[%s]\' ${q:-a\\ b} "${q:-a\\ b}" ${q:-\\*} "${q:-\\}}" ${q:-"}"} ${q:-\'}\'} "${q:-$(echo \')\' })}"',
    'echo',
    { stdout: '[a b][a\\ b][*][}][}][}][) }]\n', status: 0 },
  ],
  ['echo ${nope:?gone}; echo never', { stdout: '', status: 2 }],
  ['(echo ${nope:?gone}; echo never); echo after $?', { stdout: 'after 2\n', status: 0 }],
  ['echo $(echo ${nope?}) x; echo $?', { stdout: 'x\n0\n', status: 0 }],
  [
    'f=/a/b/c.tar.gz; echo ${f%.*} ${f%%.*} ${f#*/} ${f##*/} "${f#/a}" ${f%zzz} "${f##*[.]}"',
    'p=\'*/\'; echo "${f#$p}" "${f#"$p"}"',
    {
      stdout:
        '/a/b/c.tar /a/b/c a/b/c.tar.gz c.tar.gz /b/c.tar.gz /a/b/c.tar.gz gz\na/b/c.tar.gz /a/b/c.tar.gz\n',
      status: 0,
    },
  ],
  [
    "touch a b ab .h 'c d' '[x]' 'e*'; echo *; echo ?",
    'echo [ab]*; echo "*" \\* \'*\'; echo .*; echo [!a]*',
    'echo *b nope*; echo [x]; echo \\[x]; echo "["*; echo e\\*',
    {
      stdout: '[x] a ab b c d e*\na b\na ab b\n* * *\n. .. .h\n[x] b c d e*\nab b nope*\n[x]\n[x]\n[x]\ne*\n',
      status: 0,
    },
  ],
  [
    'mkdir d d/e .g; touch d/1 d/2 d/e/3 .g/4; echo */*',
    'echo d/*; echo */*/*; echo ./*; echo d*/; echo */',
    'echo d//*; echo .g/*; echo */nope; echo nope/*',
    {
      stdout: 'd/1 d/2 d/e\nd/1 d/2 d/e\nd/e/3\n./d\nd/\nd/\nd//1 d//2 d//e\n.g/4\n*/nope\nnope/*\n',
      status: 0,
    },
  ],
  [
    'touch a1 a2; p=\'a*\'; echo $p "$p"; for i in $p; do echo "<$i>"',
    'done; x=$p; echo "$x"; case a1 in $p) echo match;; esac',
    'case a1 in "$p") echo match;; *) echo no;; esac',
    { stdout: 'a1 a2 a*\n<a1>\n<a2>\na*\nmatch\nno\n', status: 0 },
  ],
  [
    'touch A a B b 1; echo [a-b] [[:upper:]] [![:lower:]] [a-]* []a]',
    "touch ./- ']'; echo []a] [a-] [!]a]",
    { stdout: 'a b A B 1 A B a a\n] a - a - 1 A B b\n', status: 0 },
  ],
  [
    'for i in 1 2 3; do if [ $i = 2 ]; then continue; fi',
    'echo $i; done; for i in 1 2 3; do for j in a b; do [ $i$j = 2a ] && break 2',
    'echo $i$j; done; done',
    { stdout: '1\n3\n1a\n1b\n', status: 0 },
  ],
  [
    'for i in 1 2 3; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done; echo $?',
    { stdout: '1a\n2a\n3a\n0\n', status: 0 },
  ],
  [
    'i=; while [ "$i" != xxx ]; do i=x$i; done; echo $i',
    'until [ -z "$i" ]; do i=${i#x}; echo "<$i>"; done',
    { stdout: 'xxx\n<xx>\n<x>\n<>\n', status: 0 },
  ],
  [
    'if false; then echo a; elif true; then echo b; else echo c',
    'fi; if false; then echo; fi; echo $?; if ! true; then :',
    'else echo d; fi',
    { stdout: 'b\n0\nd\n', status: 0 },
  ],
  [
    "case abc in a*c) echo 1;; *) echo 2;; esac; case '' in '') echo empty",
    'esac; case x in y|x) echo or;; esac; false; case x in x) echo $?;; esac',
    'case x in y) ;; esac; echo $?',
    { stdout: '1\nempty\nor\n1\n0\n', status: 0 },
  ],
  [
    '(x=1; cd /; echo $x); echo "[$x]"; (exit 3); echo $?',
    '(echo a; echo b) | cat; { x=2; }; echo $x; { echo c',
    'echo d; } | (cat; echo e)',
    { stdout: '1\n[]\n3\na\nb\n2\nc\nd\ne\n', status: 0 },
  ],
  [
    'x=1; x=2 true; echo $x; x=3 :; echo $x; y=$x z=$y',
    'echo "$y$z"; a=1 b=2; echo $a$b; x=5 echo $x; x=9 cat <<E',
    '$x',
    'E',
    { stdout: '1\n3\n33\n12\n3\n3\n', status: 0 },
  ],
  [
    'cat <<E',
    'a $x ${y:-d} $(echo sub) \\$x \\\\ \\` "q" \'r\' \\q',
    'b\\',
    'c',
    'E',
    "cat <<'E'",
    'a $x \\$ $(echo)',
    'E',
    'cat <<-E',
    '\t\ttabs',
    '\tend',
    '\tE',
    'cat <<A; cat <<B',
    '1',
    'A',
    '2',
    'B',
    { stdout: 'a  d sub $x \\ ` "q" \'r\' \\q\nbc\na $x \\$ $(echo)\ntabs\nend\n1\n2\n', status: 0 },
  ],
  [
    "x='multi",
    "line'; cat <<E",
    '$x',
    '"$x"',
    '${x:-"a"}',
    '${nope:-"a b"}',
    'E',
    { stdout: 'multi\nline\n"multi\nline"\nmulti\nline\na b\n', status: 0 },
  ],
  [
    'while read a b; do echo "$b-$a"; done <<E',
    '1 2 3',
    '4   5',
    '6',
    'E',
    'echo done',
    { stdout: '2 3-1\n5-4\n-6\ndone\n', status: 0 },
  ],
  [
    'printf \'a b\\\\\\nc  d \\nlast\' | { read x; echo "[$x]"',
    'read x y; echo "[$x][$y]"; read -r x; echo "$? [$x]"',
    '}',
    { stdout: '[a bc  d]\n[last][]\n1 []\n', status: 0 },
  ],
  [
    'true && false || echo x; ! true && echo n || echo y',
    'false; ! false; echo $?; ! (exit 3); echo $?; ! true | false',
    'echo $?',
    { stdout: 'x\ny\n0\n0\n0\n', status: 0 },
  ],
  [
    'false && echo a & wait $!; echo $?; { echo b; exit 4',
    '} & wait $!; echo $?; (exit 5) & wait $!; echo $?',
    'true && exit 6 & wait $!; echo $?',
    { stdout: '1\nb\n4\n5\n6\n', status: 0 },
  ],
  [
    'echo a > f; cat f; echo b >> f; cat < f; > f; cat f',
    'echo c >| f; cat f; { echo 1; echo 2 >&2; } > f 2>&1',
    'cat f; if true; then echo in; fi > g; cat g; for i in 1 2',
    'do echo $i; done >> g; cat < g',
    { stdout: 'a\na\nb\nc\n1\n2\nin\nin\n1\n2\n', status: 0 },
  ],
  [
    'x=$(printf \'a\\n\\n\\n\'); echo "[$x]"; x=$(echo "a  b")',
    'echo $x "$x"; echo "$(echo "$(echo "n  n")")"; echo $(echo \'*\' "*")',
    'x=$(exit 7); echo $?; x=$(false) true; echo $?',
    { stdout: '[a]\na b a  b\nn  n\n* *\n7\n0\n', status: 0 },
  ],
  [
    "printf '%s %d %5d|%-5d|%05d %x %o %c %%\\n' a 1 2 3 4 255 8 xyz",
    "printf '%s\\n' a b c; printf '%b' 'a\\tb\\n\\0101\\n'",
    "printf '\\101\\n'; printf '%.2s|%5.1s|\\n' abcdef xyz",
    "printf 'x\\n' extra; printf '%d %i\\n' -5 +7 0x10 010",
    "printf '%s-%s\\n' a",
    {
      stdout: 'a 1     2|3    |00004 ff 10 x %\na\nb\nc\na\tb\nA\nA\nab|    x|\nx\n-5 7\n16 8\na-\n',
      status: 0,
    },
  ],
  [
    "printf '[%5s][%-5s][%s]\\n' a b; printf '%+d % d %+d\\n' 1 2 -3",
    "printf '%#x %#o %X\\n' 255 8 255; printf '%*d|%.*s|\\n' 5 3 2 abc",
    "printf 'a\\cb'; printf '%b' 'a\\cb' c",
    { stdout: '[    a][b    ][]\n+1  2 -3\n0xff 010 FF\n    3|ab|\na\\cba', status: 0 },
  ],
  [
    "test; echo $?; test a; echo $?; test ''; echo $?",
    'test ! a; echo $?; test a = a; echo $?; test a != a',
    'echo $?; test 1 -lt 2 -a 2 -gt 1; echo $?; test 1 -eq 2 -o x',
    "echo $?; test '(' a ')'; echo $?; test -n '' ; echo $?",
    "test -z ''; echo $?; [ ! = ! ]; echo $?; [ -f = -f ]",
    "echo $?; [ -n ]; echo $?; [ ! '' ]; echo $?",
    { stdout: '1\n0\n1\n1\n0\n1\n0\n0\n0\n1\n0\n0\n0\n0\n0\n', status: 0 },
  ],
  [
    'touch f; mkdir d; ln -s f l; for o in -e -f -d -h -L -r -w -x -p',
    'do test $o f; a=$?; test $o d; b=$?; test $o l; echo "$o $a$b$?"',
    'done; test -e nope; echo $?',
    { stdout: '-e 000\n-f 010\n-d 101\n-h 110\n-L 110\n-r 000\n-w 000\n-x 101\n-p 111\n1\n', status: 0 },
  ],
  [
    'echo a#b #c',
    "echo 'x",
    'y\' "p',
    'q" z\\',
    'w; echo $ "$" \'$x\' a$ "a$ b" \\$x',
    { stdout: 'a#b\nx\ny p\nq zw\n$ $ $x a$ a$ b $x\n', status: 0 },
  ],
  [
    '{ echo a; } ; ( ( echo b ) ); if (true) then echo c',
    'fi; while false; do :; done; echo $?; : > f; echo $?',
    ': ${w:=set}; echo $w',
    { stdout: 'a\nb\nc\n0\n0\nset\n', status: 0 },
  ],
  [
    'x=a; echo $x$x "$x"$x\'$x\' ${x}b "${x}b"; y=\'a  b\'',
    'printf \'[%s]\' pre$y.post "pre$y.post" $y$y; echo',
    "z=' lead'; printf '[%s]' $z x$z; echo",
    { stdout: 'aa aa$x ab ab\n[prea][b.post][prea  b.post][a][ba][b]\n[lead][x][lead]\n', status: 0 },
  ],
  [
    'break; echo $?; continue; echo b; for i in 1 2; do (break',
    'echo in); echo out$i; done; while :; do break; done',
    'echo $?; for i in; do echo never; done; echo $?',
    { stdout: '0\nb\nout1\nout2\n0\n0\n', status: 0 },
  ],
  [
    'unset x; echo ${x-unset}; x=; echo ${x-unset}; x=1',
    "unset x; echo ${x-unset}; echo $nope; printf '%s|' \"\" '' $nope",
    'echo',
    { stdout: 'unset\n\nunset\n\n||\n', status: 0 },
  ],
  [
    'x=1; { x=2; echo $x; } | cat; echo $x; x=3 | true',
    'echo $x; true | x=4; echo $x; x=5 & wait; echo $x',
    'for x in 7; do :; done; echo $x',
    { stdout: '2\n1\n1\n1\n1\n7\n', status: 0 },
  ],
  [
    'nosuchcommand 2>/dev/null; echo $?; ./nope 2>/dev/null',
    'echo $?; (exit 300); echo $?; exit 3; echo never',
    { stdout: '127\n127\n44\n', status: 3 },
  ],
  [
    'echo "${x:-"a b"}" ${x:-"a b"} "${x:-a "b" c}"; echo "a${x:+b}c"',
    'x=\'s\'; echo "a${x:+"b  d"}c" ${x:+b  d}',
    { stdout: 'a b a b a b c\nac\nab  dc b d\n', status: 0 },
  ],
  [
    "x='\\*'; touch '*' a '\\a'; echo $x; echo \"$x\"; case '*' in $x) echo y;; *) echo n;; esac",
    "y='[a]'; echo $y",
    { stdout: '\\*\n\\*\ny\na\n', status: 0 },
  ],
  [
    'cat < nope 2>/dev/null; echo $?; { cat < nope; } 2>/dev/null',
    'echo $?; while true; do echo x; exit 2; done | cat',
    'echo $?',
    { stdout: '2\n2\nx\n0\n', status: 0 },
  ],
  [
    'a=\'1 2 3\'; for i in $a; do echo $i; done; for i in "$a" x',
    'do echo $i; done; for i in a$a; do echo $i; done',
    'set_=1; echo $set_',
    { stdout: '1\n2\n3\n1 2 3\nx\na1\n2\n3\n1\n', status: 0 },
  ],
  [
    'if true; then',
    'echo multi',
    'fi',
    'for i in a \\',
    'b',
    'do',
    '  echo $i # comment',
    'done',
    'case x in',
    '  # comment',
    '  x)',
    '    echo x',
    '    ;;',
    'esac',
    '(',
    'echo sub',
    ')',
    { stdout: 'multi\na\nb\nx\nsub\n', status: 0 },
  ],
  [
    'echo ${x:-$(echo $(echo deep) "quoted  $(echo inner)")}; echo "${a:-${b:-${c:-d e}}}"',
    { stdout: 'deep quoted inner\nd e\n', status: 0 },
  ],
  [
    'false || { echo grp; false; } || (echo sub; true) && echo end',
    'true | false || echo pf; { false; true; } && echo gt',
    { stdout: 'grp\nsub\nend\npf\ngt\n', status: 0 },
  ],
];
