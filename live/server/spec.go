package server

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Member is a server of the ensemble, as the server that is started should see it: behind proxies each
// server sees other addresses.
type Member struct {
	SID                      election.SID
	Host                     string
	QuorumPort, ElectionPort int // 0: ZooKeeper's own
	Observer                 bool
	Group, Weight            uint8 // of a voter in a hierarchical ensemble; all groups 0 for a simple majority
}

// Spec is one server. Zero values are defaults.
type Spec struct {
	SID     election.SID
	Members []Member // the server itself included

	// Dir has everything of the server: configuration and data. Start makes it, or goes on with what
	// a former process has left in it.
	Dir string

	// Disk is what the server finds at its first start. A Dir that has data keeps it.
	Disk election.Disk

	ClientPort           int               // 0: ZooKeeper's own
	TickTime             int               // ms, default 200
	InitLimit, SyncLimit int               // ticks, default 25 and 10
	Properties           map[string]string // system properties, with "zookeeper." where ZooKeeper wants it
	Config               map[string]string // further lines of zoo.cfg

	LogLevel   string // of ZooKeeper's election, DEBUG or TRACE; default INFO as all the rest
	LogPattern string // in log4j's notation, default StockPattern
	LogFile    string // where the log goes as well as to Lines; "" for nowhere

	flags []string // further ones of java
}

// StockPattern is the layout of the log that ZooKeeper is delivered with; CompactPattern the one that
// log validation reads with the least effort, with milliseconds since the start instead of a date.
const (
	StockPattern   = "%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n"
	CompactPattern = "%r|%p|%t|%C{1}|%m%n"
)

// Defaults of times: short, for a harness kills leaders all the time.
const (
	defaultTickTime  = 200 // ms
	defaultInitLimit = 25
	defaultSyncLimit = 10
)

// electionLogger is the class whose log has the notifications.
const electionLogger = "org.apache.zookeeper.server.quorum.FastLeaderElection"

// withDefaults is the spec with every default filled in.
func (s Spec) withDefaults() Spec {
	orDefault := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	orDefault(&s.ClientPort, ClientPort)
	orDefault(&s.TickTime, defaultTickTime)
	orDefault(&s.InitLimit, defaultInitLimit)
	orDefault(&s.SyncLimit, defaultSyncLimit)
	s.Members = slices.Clone(s.Members)
	for i := range s.Members {
		orDefault(&s.Members[i].QuorumPort, QuorumPort)
		orDefault(&s.Members[i].ElectionPort, ElectionPort)
	}
	if s.LogLevel == "" {
		s.LogLevel = "INFO"
	}
	if s.LogPattern == "" {
		s.LogPattern = StockPattern
	}
	return s
}

func (s *Spec) self() (Member, error) {
	for _, m := range s.Members {
		if m.SID == s.SID {
			return m, nil
		}
	}
	return Member{}, fmt.Errorf("server %v is not among the members of its ensemble", s.SID)
}

// Names of files in Dir, which is the working directory of the server. It is told no more of them: the names of
// directories above would have to be written in the ways of properties, of URLs and of Java's encodings.
const (
	dataName   = "data"
	configName = "zoo.cfg"
)

func (s *Spec) dataDir() string { return filepath.Join(s.Dir, dataName) }

// DataDir is where the server of a directory keeps what WriteDisk and ReadDisk speak of.
func DataDir(dir string) string { return (&Spec{Dir: dir}).dataDir() }

// config is zoo.cfg.
func (s *Spec) config() (string, error) {
	self, err := s.self()
	if err != nil {
		return "", err
	}
	lines := map[string]string{
		"tickTime":               strconv.Itoa(s.TickTime),
		"initLimit":              strconv.Itoa(s.InitLimit),
		"syncLimit":              strconv.Itoa(s.SyncLimit),
		"dataDir":                "." + string(filepath.Separator) + dataName,
		"clientPort":             strconv.Itoa(s.ClientPort),
		"clientPortAddress":      self.Host,
		"admin.enableServer":     "false",
		"4lw.commands.whitelist": "*",
		"standaloneEnabled":      "false",
	}
	if self.Observer {
		lines["peerType"] = "observer"
	}
	groups := map[uint8][]string{}
	for _, m := range s.Members {
		role := "participant"
		if m.Observer {
			role = "observer"
		}
		lines["server."+m.SID.String()] = fmt.Sprintf("%s:%s", net.JoinHostPort(m.Host, fmt.Sprintf("%d:%d", m.QuorumPort, m.ElectionPort)), role)
		if m.Group > 0 {
			groups[m.Group] = append(groups[m.Group], m.SID.String())
			lines["weight."+m.SID.String()] = strconv.Itoa(int(m.Weight))
		}
	}
	for g, sids := range groups {
		lines["group."+strconv.Itoa(int(g))] = strings.Join(sids, ":")
	}
	maps.Copy(lines, s.Config)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&b, "%s=%s\n", key, lines[key])
	}
	return b.String(), nil
}

// write makes the directory. What is there of a former process stays; the configuration is written anew.
func (s *Spec) write(i Install) error {
	text, err := s.config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dataDir(), 0o755); err != nil {
		return err
	}
	logging, name := s.logging(i.backend)
	for path, text := range map[string]string{
		filepath.Join(s.Dir, configName):   text,
		filepath.Join(s.Dir, name):         logging,
		filepath.Join(s.dataDir(), "myid"): s.SID.String() + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if exists(filepath.Join(s.dataDir(), version2)) {
		return nil
	}
	return WriteDisk(s.dataDir(), s.Disk)
}

// logging is the configuration of the logger and the name of its file.
func (s *Spec) logging(b backend) (text, name string) {
	if b == logback {
		return fmt.Sprintf(`<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%s</pattern></encoder></appender>
  <logger name="%s" level="%s"/>
  <root level="INFO"><appender-ref ref="CONSOLE"/></root>
</configuration>
`, s.LogPattern, electionLogger, s.LogLevel), "logback.xml"
	}
	return fmt.Sprintf(`log4j.rootLogger=INFO, CONSOLE
log4j.logger.%s=%s
log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender
log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout
log4j.appender.CONSOLE.layout.ConversionPattern=%s
`, electionLogger, s.LogLevel, s.LogPattern), "log4j.properties"
}

// jvmFlags make a server small: a harness runs many.
var jvmFlags = []string{"-Xmx96m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
	"-XX:-UsePerfData", "-Djava.awt.headless=true", "-Dzookeeper.jmx.log4j.disable=true", "-Duser.timezone=UTC"}

// preAllocate is the property for the size in KiB by which a log grows before it is filled.
const preAllocate = "zookeeper.preAllocSize"

// arguments are those of java.
func (s *Spec) arguments(i Install) []string {
	_, logging := s.logging(i.backend)
	args := slices.Clone(jvmFlags)
	if i.backend == logback {
		args = append(args, "-Dlogback.configurationFile="+logging)
	} else {
		args = append(args, "-Dlog4j.configuration=file:"+logging)
	}
	if i.archive != "" {
		args = append(args, "-XX:SharedArchiveFile="+i.archive)
	}
	// Logs grow by 64 MiB by default, and every look at a disk would read them.
	if _, ok := s.Properties[preAllocate]; !ok {
		args = append(args, "-D"+preAllocate+"=256")
	}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		args = append(args, "-D"+key+"="+s.Properties[key])
	}
	args = append(args, s.flags...)
	return append(args, "-cp", strings.Join(i.ClassPath, string(os.PathListSeparator)),
		"org.apache.zookeeper.server.quorum.QuorumPeerMain", configName)
}
