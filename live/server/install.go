package server

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// HomeVariable names the environment variable that says where ZooKeeper is: a directory with the jars
// in it or in its lib/, as Apache's tarball has them.
const HomeVariable = "ZOOKEEPER_HOME"

// systemJars is where Debian's packages put their jars.
const systemJars = "/usr/share/java"

// Install is a ZooKeeper that can be started.
type Install struct {
	Java      string   // the program
	ClassPath []string // jars
	Version   string   // "3.8.0", or "unknown"

	backend backend
	archive string // of class data, shared by the servers of a run; "" for none
}

// backend is the logger behind slf4j. It decides how a configuration is written.
type backend uint8

const (
	log4j   backend = iota // log4j 1.2 and reload4j, which took it over
	logback                // since 3.8.0 in Apache's tarball
)

func (i Install) String() string {
	return fmt.Sprintf("ZooKeeper %s in %s", i.Version, filepath.Dir(i.ClassPath[0]))
}

// Find looks for Java (JAVA_HOME, then PATH) and for ZooKeeper (ZOOKEEPER_HOME, then Debian's jars).
// The error is a sentence that a test can skip with.
func Find() (Install, error) {
	if home := os.Getenv(HomeVariable); home != "" {
		i, err := FindIn(home)
		if err != nil {
			err = fmt.Errorf("%s: %w", HomeVariable, err)
		}
		return i, err
	}
	i, err := FindIn(systemJars)
	if errors.Is(err, errNoZooKeeper) {
		return i, fmt.Errorf("%w: install Debian's package zookeeper, or name a directory with Apache's jars in %s",
			err, HomeVariable)
	}
	return i, err
}

var errNoZooKeeper = errors.New("no ZooKeeper")

// FindIn is Find with the jars in this directory or its lib/.
func FindIn(home string) (Install, error) {
	if runtime.GOOS != "linux" {
		return Install{}, fmt.Errorf("real servers are run on linux only, this is %s", runtime.GOOS)
	}
	java, err := findJava()
	if err != nil {
		return Install{}, err
	}
	if home, err = filepath.Abs(home); err != nil { // servers have working directories of their own
		return Install{}, err
	}
	if strings.ContainsRune(home, os.PathListSeparator) {
		return Install{}, fmt.Errorf("%s: java can't have jars of a directory with %q in its name", home, os.PathListSeparator)
	}
	for _, dir := range []string{filepath.Join(home, "lib"), home} {
		i := Install{Java: java}
		if i.Version = versionIn(dir); i.Version == "" {
			continue
		}
		if dir == systemJars {
			err = i.someJars(dir)
		} else {
			err = i.allJars(dir)
		}
		return i, err
	}
	return Install{}, fmt.Errorf("%w in %s", errNoZooKeeper, home)
}

func findJava() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java, err := exec.LookPath(filepath.Join(home, "bin", "java"))
		if err != nil {
			return "", fmt.Errorf("JAVA_HOME: no program %s", filepath.Join(home, "bin", "java"))
		}
		return filepath.Abs(java)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return "", errors.New("no java in PATH, and JAVA_HOME is not set")
	}
	return filepath.Abs(java)
}

// versionIn is the version of the zookeeper jar of a directory, "" if there is none.
func versionIn(dir string) string {
	jars, _ := filepath.Glob(filepath.Join(dir, "zookeeper-[0-9]*.jar"))
	for _, jar := range jars {
		v := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(jar), "zookeeper-"), ".jar")
		if !strings.HasSuffix(v, "-tests") {
			return v
		}
	}
	if exists(filepath.Join(dir, "zookeeper.jar")) {
		return "unknown"
	}
	return ""
}

// allJars takes what a directory of ZooKeeper's own has.
func (i *Install) allJars(dir string) error {
	jars, err := filepath.Glob(filepath.Join(dir, "*.jar"))
	if err != nil {
		return err
	}
	found := false
	for _, jar := range jars {
		name := filepath.Base(jar)
		switch {
		case strings.HasPrefix(name, "logback-classic"):
			i.backend, found = logback, true
		case strings.HasPrefix(name, "log4j-1.2"), strings.HasPrefix(name, "reload4j"):
			found = true
		}
		i.ClassPath = append(i.ClassPath, jar)
	}
	if !found {
		return fmt.Errorf("ZooKeeper %s in %s has neither logback nor log4j 1.2 beside it, and its log is what is watched", i.Version, dir)
	}
	return nil
}

// someJars picks ZooKeeper's out of all jars of a system. The manifest of zookeeper.jar names those that
// it needs, but no backend for its logger.
func (i *Install) someJars(dir string) error {
	for _, name := range []string{"zookeeper.jar", "slf4j-log4j12.jar", "log4j-1.2.jar"} {
		jar := filepath.Join(dir, name)
		if !exists(jar) {
			return fmt.Errorf("ZooKeeper %s in %s lacks %s", i.Version, dir, name)
		}
		i.ClassPath = append(i.ClassPath, jar)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
