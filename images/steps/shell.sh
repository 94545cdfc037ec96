# shellcheck shell=bash disable=SC1091  # what it reads belongs to Debian
# Terminals of the lab: read by login shells (/etc/profile.d) and by all others (/etc/bash.bashrc).

# Debian's /etc/profile forgets the environment that the image set.
case ":$PATH:" in
    *:/opt/course/bin:*) ;;
    *) PATH="/opt/course/bin:$HOME/.local/bin:$PATH" ;;
esac
export PATH

if [ -n "${BASH_VERSION-}" ] && [ -n "${PS1-}" ]; then
    # Folder, and the branch where it is a git repository.
    if [ -r /usr/lib/git-core/git-sh-prompt ]; then
        . /usr/lib/git-core/git-sh-prompt
        PS1='\[\e[1;34m\]\w\[\e[0;36m\]$(__git_ps1 " (%s)")\[\e[0m\] \$ '
    else
        PS1='\[\e[1;34m\]\w\[\e[0m\] \$ '
    fi
    shopt -s checkwinsize histappend
    HISTCONTROL=ignoreboth
    HISTSIZE=10000
    alias ls='ls --color=auto' ll='ls -lh --color=auto' grep='grep --color=auto'
    export LESS=-R
    if [ -r /usr/share/bash-completion/bash_completion ]; then
        . /usr/share/bash-completion/bash_completion
    fi
fi
