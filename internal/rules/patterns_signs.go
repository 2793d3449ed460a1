package rules

import "github.com/modelaudit/action/audit"

// signs is the table of what carried code is recognised by. Words stand in
// lower case; what shows a pattern is quoted from here, never from the file.
func signs() []sign {
	return append(graveSigns(), plainSigns()...)
}

// graveSigns are those that no model needs.
func graveSigns() []sign {
	return []sign{
		{name: "reverse-shell", does: "opens a reverse shell", severity: audit.Critical,
			words: "socket dup2|socket sh|socket bash|socket pty spawn|socket fileno sh|tcpclient getstream|fsockopen exec",
			parts: `/dev/tcp/
				/dev/udp/
				bash -i
				sh -i
				nc -e
				ncat -e
				netcat -e
				nc -c
				 -e /bin/
				socat exec
				exec:/bin/
				exec:'bash
				mkfifo /tmp
				0<&196
				exec 5<>`},
		{name: "mining", does: "mines a cryptocurrency", severity: audit.Critical,
			words: "xmrig|minerd|cpuminer|nicehash|cryptonight|ethminer|nbminer|minergate|coinhive|nanopool|supportxmr",
			parts: "stratum+tcp\nstratum+ssl"},
		{name: "credentials", does: "reads credentials", severity: audit.Critical,
			words: "aws_secret_access_key|aws_session_token|github_token|gh_token|hf_token|openai_api_key|anthropic_api_key|azure_client_secret|google_application_credentials|keyring get_password|hffolder get_token",
			parts: `.ssh/id_
				id_rsa
				id_ed25519
				.aws/credentials
				.kube/config
				.netrc
				.git-credentials
				/etc/shadow
				/etc/passwd
				.docker/config.json
				.npmrc
				.pypirc
				.gnupg
				login data
				logins.json
				cookies.sqlite
				wallet.dat
				login.keychain
				huggingface/token
				169.254.169.254
				metadata.google.internal
				kubernetes.io/serviceaccount
				.config/gcloud`},
		{name: "persistence", does: "makes itself start again later", severity: audit.Critical,
			commands: "crontab schtasks launchctl",
			parts: `crontab
				| at now
				|at now
				at now +
				at -f /
				/etc/cron
				/var/spool/cron
				.bashrc
				.bash_profile
				.zshrc
				/.profile
				authorized_keys
				/etc/systemd
				.config/systemd
				systemctl enable
				launchagents
				launchdaemons
				/etc/rc.local
				/etc/init.d
				currentversion\run
				programs\startup
				sitecustomize
				usercustomize
				ld.so.preload
				ld_preload
				.config/autostart
				.git/hooks`},
		{name: "destruction", does: "deletes or overwrites files", severity: audit.Critical,
			words: "rmtree|os remove|os unlink|os removedirs|shutil move|encrypt ransom", commands: "mkfs shred wipefs",
			parts: `rm -rf
				rm -fr
				rm -r
				dd if=
				of=/dev/
				:(){ :|:& };:
				format c:
				del /f`},
		{name: "privileges", does: "raises its privileges or leaves its container", severity: audit.Critical,
			commands: "sudo nsenter setcap",
			parts: `docker.sock
				/proc/1/root
				chmod +s
				chmod 4755
				chmod u+s
				release_agent
				setuid(0)
				nopasswd`},
		{name: "native", does: "runs native code", severity: audit.Critical,
			words: "ctypes|cdll|windll|virtualalloc|virtualprotect|createthread|dlopen|mprotect|shellcode"},
		{name: "scanner", does: "switches off a scanner or looks for one", severity: audit.Critical,
			words: "fickling|picklescan|modelscan|gettrace|isdebuggerpresent|setenforce", parts: "set-mppreference"},
		{name: "drop", does: "talks to a service that hides who listens", severity: audit.Critical,
			parts: `pastebin.com
				ngrok
				discord.com/api/webhooks
				discordapp.com/api/webhooks
				api.telegram.org
				transfer.sh
				webhook.site
				requestbin
				burpcollaborator
				.oast.
				interact.sh
				.onion`},
	}
}

// plainSigns are what programs do. Those without words of their own count only
// beside another.
func plainSigns() []sign {
	return []sign{
		{name: "socket", words: "socket connect|socket create_connection|socket bind|socket af_inet|pwntools"},
		{name: "shell", words: "subprocess|popen|pty|system|execve|execl|execv|spawn", parts: "/bin/sh\n/bin/bash\ncmd.exe\npowershell"},
		{name: "download", words: "urlopen|urlretrieve|requests get|httpx get|urllib request|downloadstring|downloadfile|hf_hub_download", commands: "curl wget aria2c certutil bitsadmin iwr invoke-webrequest ftp tftp scp"},
		{name: "run", words: "exec|eval|compile|subprocess|popen|system|startfile|__import__|iex|execv|execve|loads", commands: "sh bash zsh dash ksh python python3 perl ruby node php chmod iex powershell start rundll32 regsvr32 mshta"},
		{name: "network", does: "uses the network", severity: audit.High,
			words:    "socket|urlopen|urlretrieve|urllib request|requests get|requests post|requests put|httpx|aiohttp|http client|httpsconnection|httpconnection|ftplib|smtplib|paramiko|websocket|websockets|getaddrinfo|gethostbyname|xmlrpc|telnetlib|boto3",
			commands: "curl wget nc ncat netcat socat telnet ssh scp sftp ftp tftp nslookup dig host ping iwr invoke-webrequest rsync",
			parts:    "http://\nhttps://\nftp://\nws://\nwss://"},
		{name: "process", does: "starts programs", severity: audit.High,
			words: "os system|os popen|posix system|nt system|subprocess|popen|check_output|check_call|execv|execve|execl|execlp|execvp|posix_spawn|spawnl|spawnv|fork|pty spawn|create_subprocess_shell|create_subprocess_exec|startfile|getoutput"},
		{name: "dynamic-code", does: "makes more code while it runs", severity: audit.High,
			words: "exec|eval|compile|__import__|import_module|marshal loads|pickle loads|codetype|functiontype|run_path|run_module|__builtins__|__subclasses__|__globals__"},
		{name: "environment", does: "reads environment variables", severity: audit.Medium,
			words: "environ|environb|getenv", commands: "printenv env", parts: "/proc/self/environ"},
		{name: "host", does: "asks about the machine and its user", severity: audit.Medium,
			words: "getlogin|getuser|gethostname|getnode|platform uname|platform node|getpass|psutil|socket gethostname", commands: "whoami id uname hostname ifconfig ipconfig systeminfo lscpu"},
		{name: "background", does: "stays behind as a process or thread", severity: audit.High,
			words: "threading thread start|daemonize|atexit register|multiprocessing process", commands: "nohup setsid disown"},
		{name: "files", does: "reads or writes files", severity: audit.Medium,
			words:    "open|write_text|write_bytes|read_text|read_bytes|shutil|copyfile|listdir|scandir|glob|os walk|os chmod|os mkdir|os makedirs|os rename|tempfile|fileio|from_file",
			commands: "cat cp mv tee chmod chown ln touch mkdir find tar zip unzip sed dd type copy"},
	}
}
