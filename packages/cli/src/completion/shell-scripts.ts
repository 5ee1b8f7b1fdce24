// What a shell loads. Each script asks `wayleave __complete` with the words of the line, and shows what comes back.

const BASH = `# bash completion of wayleave
_wayleave() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _wayleave wayleave
`;

const ZSH = `#compdef wayleave
# zsh completion of wayleave
_wayleave() {
  local line
  local -a found described
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${found[1]} == ':files' ]]; then
    _files
    return
  fi
  for line in "\${found[@]}"; do
    [[ -n $line ]] || continue
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${\${line#*$'\\t'}//:/\\\\:}")
  done
  _describe -V wayleave described
}
compdef _wayleave wayleave
`;

const FISH = `# fish completion of wayleave
function __wayleave_complete
    set -l words (commandline -opc)
    set -l found ($words[1] __complete -- $words[2..-1] (commandline -ct | string collect --allow-empty) 2>/dev/null)
    if test "$found[1]" = ':files'
        __fish_complete_path (commandline -ct)
    else
        string join \\n -- $found
    end
end
complete -c wayleave -f -a '(__wayleave_complete)'
`;

/** The script of each shell. */
export const SHELL_SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;

/** A shell that can be completed for. */
export type Shell = keyof typeof SHELL_SCRIPTS;
