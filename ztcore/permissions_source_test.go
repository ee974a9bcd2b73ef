package ztcore_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
)

// sdkCall is an operation that some code can make.
type sdkCall struct{ service, operation string }

// code is a package's functions, methods and variables by name, as far as it takes to see what a function can call.
type code struct {
	bodies map[string][]ast.Node // functions, methods and package variables; methods of equal name are one
	files  map[ast.Node]*ast.File
	kinds  []kindDecl
}

type kindDecl struct {
	name string
	lit  *ast.CompositeLit
	file *ast.File
}

// parts are the fields of a kind by what they do.
var parts = map[string][]string{
	"Read":   {"Read", "Get", "List"},
	"Write":  {"Create", "Update", "Put", "Add", "Remove"},
	"Delete": {"Delete", "Remove"},
}

func readCode(t *testing.T, dir string) *code {
	t.Helper()
	c := &code{bodies: map[string][]ast.Node{}, files: map[ast.Node]*ast.File{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		add := func(name string, n ast.Node) { c.bodies[name], c.files[n] = append(c.bodies[name], n), file }
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				add(d.Name.Name, d)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.VAR {
						for _, n := range v.Names {
							add(n.Name, v)
						}
					}
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok {
				if name := kindName(lit); name != "" {
					c.kinds = append(c.kinds, kindDecl{name, lit, file})
				}
			}
			return true
		})
	}
	return c
}

// kindName is the name that a literal ztcore.Kind[S]{…} or ztcore.SetKind[M]{…} has, or "".
func kindName(lit *ast.CompositeLit) string {
	index, ok := lit.Type.(*ast.IndexExpr)
	if !ok {
		return ""
	}
	if sel, ok := index.X.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Kind" && sel.Sel.Name != "SetKind" {
		return ""
	}
	if name, ok := field(lit, "Name").(*ast.BasicLit); ok {
		return strings.Trim(name.Value, `"`)
	}
	return "?"
}

func field(lit *ast.CompositeLit, name string) ast.Expr {
	for _, el := range lit.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == name {
			return kv.Value
		}
	}
	return nil
}

// calls lists the operations that a node can make, by itself or through the functions of its package that it names.
func (c *code) calls(n ast.Node, file *ast.File, seen map[ast.Node]bool) []sdkCall {
	if n == nil || reflect.ValueOf(n).IsZero() {
		return nil
	}
	var out []sdkCall
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok {
				if path := imported(file, x.Name); strings.HasPrefix(path, services) {
					if op, isInput := strings.CutSuffix(n.Sel.Name, "Input"); isInput && strings.Count(path, "/") == strings.Count(services, "/") {
						out = append(out, sdkCall{strings.TrimPrefix(path, services), op})
					}
					return false
				} else if path != "" {
					return false
				}
			}
			out = append(out, c.follow(n.Sel.Name, seen)...)
		case *ast.Ident:
			out = append(out, c.follow(n.Name, seen)...)
		case *ast.CompositeLit:
			if kindName(n) != "" {
				return false // another kind is none of this one's business
			}
		}
		return true
	})
	return out
}

func (c *code) follow(name string, seen map[ast.Node]bool) []sdkCall {
	var out []sdkCall
	for _, body := range c.bodies[name] {
		if !seen[body] {
			seen[body] = true
			out = append(out, c.calls(body, c.files[body], seen)...)
		}
	}
	return out
}

func imported(file *ast.File, name string) string {
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if i.Name != nil && i.Name.Name == name || i.Name == nil && path[strings.LastIndexByte(path, '/')+1:] == name {
			return path
		}
	}
	return ""
}

// serviceIDs maps the SDK's packages to the ids that clients send.
func serviceID(t *testing.T, pkg string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", services+pkg).Output()
	require.NoError(t, err)
	src, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "api_client.go"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(src), "const ServiceID = \"")
	require.True(t, ok)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// neither lists what the search finds and a kind does not call, or not with a right of its own, with the reason.
var neither = map[string]map[string]string{
	"appsec.UserPool":                    {"cognito-idp:UpdateUserPoolClient": "the settings of a client, a method of the same name"},
	"appsec.UserPoolClient":              {"cognito-idp:UpdateUserPool": "the settings of a pool, a method of the same name"},
	"dataprotect.EBSEncryptionByDefault": {"ec2:ModifyEbsDefaultKmsKeyId": "deleting resets the key"},
	"dataprotect.Key":                    {"kms:ScheduleKeyDeletion": yields, "kms:UntagResource": yields},
	"endpoint.Firewall":                  {"network-firewall:UpdateFirewallDescription": "describe, a method and a function"},
	"endpoint.FirewallEndpoint":          {"network-firewall:UpdateFirewallDescription": "describe, a method and a function"},
	"governance.DelegatedAdministrator":  explains,
	"governance.FullAccess":              explains,
	"governance.OrganizationalUnit":      explains,
	"governance.Policy":                  explains,
	"governance.PolicyTargets":           explains,
	"governance.ServiceAccess":           explains,
	"governance.PolicyType":              explains,
	"iam.Group":                          {"iam:AttachGroupPolicy": holders, "iam:GetGroupPolicy": holders, "iam:PutGroupPolicy": holders},
	"iam.Role":                           {"iam:AttachRolePolicy": holders, "iam:GetRolePolicy": holders, "iam:PutRolePolicy": holders},
	"iam.User":                           {"iam:AttachUserPolicy": holders, "iam:GetUserPolicy": holders, "iam:PutUserPolicy": holders},
	"monitoring.EventTargets":            {"scheduler:CreateSchedule": "a method of the same name"},
	"monitoring.Trail":                   {"cloudtrail:PutEventSelectors": "what is seen is compared in the form of the request"},
	"network.NetworkACL":                 {"ec2:CreateRoute": "a method of the same name"},
	"network.RouteTable":                 {"ec2:CreateNetworkAclEntry": "a method of the same name"},
}

var explains = map[string]string{"organizations:DescribeOrganization": "called to explain a refusal, and passed over if it is refused"}

const yields = "what this run has just made, where another made the same at the same moment: not worth the right to delete keys at any time"

const holders = "deleting takes policies away; they are given and read by another function of the same value"

// untold are actions that AWS asks for and the request does not tell.
var untold = map[string]map[string]string{
	"network.FlowLog": {"logs:DeleteLogDelivery": "DeleteFlowLogs names a flow log, and only one to a bucket is a delivery"},
}

// What the functions of a kind can call, by the look of the source, is what its Permissions list: nothing is missing that no test
// happens to reach, and nothing is left over from calls that are gone. What depends on the input is for kindtest.Run to find.
func TestKindsListThePermissionsOfWhatTheyCall(t *testing.T) {
	ids, kinds := map[string]string{}, 0
	for _, pillar := range pillars {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", pillar), func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			c := readCode(t, path)
			for _, k := range c.kinds {
				require.NotNil(t, field(k.lit, "Permissions"), "%s lists no Permissions", k.name)
				if k.name == "?" {
					continue // made by a function for each of several holders, and named by it
				}
				kinds++
				listed := c.lists(k)
				for part, fields := range parts {
					possible, own := map[string]bool{}, map[string]bool{}
					for _, f := range fields {
						for _, call := range c.calls(field(k.lit, f), k.file, map[ast.Node]bool{}) {
							if ids[call.service] == "" {
								ids[call.service] = serviceID(t, call.service)
							}
							for _, a := range permission.Possible(ids[call.service], call.operation) {
								possible[a] = true
							}
							for _, a := range permission.Actions(ids[call.service], call.operation, nil) {
								own[a] = true
							}
						}
					}
					for a := range own {
						if !slices.Contains(listed[part], a) && !slices.Contains(listed["Read"], a) && neither[k.name][a] == "" {
							t.Errorf("%s: %s is not listed, and %s can call it", k.name, a, part)
						}
					}
					for _, a := range listed[part] {
						if !possible[a] && untold[k.name][a] == "" {
							t.Errorf("%s: %s lists %s, which nothing that it calls asks for", k.name, part, a)
						}
						if part != "Read" && slices.Contains(listed["Read"], a) {
							t.Errorf("%s: %s lists %s, which Read has", k.name, part, a)
						}
					}
				}
			}
			return nil
		}))
	}
	require.Greater(t, kinds, 100)
}

// lists are the actions of a kind's Permissions, those that only some of its resources need among them.
func (c *code) lists(k kindDecl) map[string][]string {
	out := map[string][]string{}
	for _, f := range []string{"Permissions", "PermissionsFor"} {
		value := field(k.lit, f)
		if at, ok := value.(*ast.UnaryExpr); ok {
			value = at.X
		}
		name, ok := value.(*ast.Ident)
		if !ok {
			continue
		}
		for _, body := range c.bodies[name.Name] {
			part := ""
			ast.Inspect(body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					if _, ok := parts[n.Name]; ok {
						part = n.Name
					}
				case *ast.BasicLit:
					if a := strings.Trim(n.Value, `"`); action.MatchString(a) {
						out[part] = append(out[part], a)
					}
				}
				return true
			})
		}
	}
	return out
}

var action = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$`)
