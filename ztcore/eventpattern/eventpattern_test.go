package eventpattern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/eventpattern"
)

const event = `{
	"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": "123456789012", "region": "eu-west-1",
	"resources": ["arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "arn:aws:ec2:eu-west-1:123456789012:instance/i-2"],
	"detail": {
		"severity": 8, "type": "UnauthorizedAccess:EC2/SSHBruteForce", "archived": false, "note": null, "ip": "10.1.2.3", "name": "A*b",
		"findings": [{"Severity": {"Label": "LOW"}, "Workflow": "NEW"}, {"Severity": {"Label": "HIGH"}, "Workflow": "RESOLVED"}]
	}
}`

// The comparisons are those of
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func TestMatches(t *testing.T) {
	for pattern, want := range map[string]bool{
		`{"source": ["aws.guardduty"]}`:                                                    true,
		`{"source": ["aws.ec2", "aws.guardduty"]}`:                                         true,
		`{"source": ["aws.ec2"]}`:                                                          false,
		`{"source": ["aws.guardduty"], "region": ["us-east-1"]}`:                           false,
		`{"absent": ["x"]}`:                                                                false,
		`{"resources": [{"suffix": "i-2"}]}`:                                               true,
		`{"resources": [{"suffix": "i-3"}]}`:                                               false,
		`{"detail": {"severity": [8]}}`:                                                    true,
		`{"detail": {"severity": [8.0]}}`:                                                  false,
		`{"detail": {"severity": ["8"]}}`:                                                  false,
		`{"detail": {"severity": [{"numeric": [">=", 7]}]}}`:                               true,
		`{"detail": {"severity": [{"numeric": [">", 8]}]}}`:                                false,
		`{"detail": {"severity": [{"numeric": [">", 0, "<=", 8.0]}]}}`:                     true,
		`{"detail": {"severity": [{"numeric": ["=", 8.0]}]}}`:                              true,
		`{"detail": {"type": [{"prefix": "UnauthorizedAccess:"}]}}`:                        true,
		`{"detail": {"type": [{"prefix": "unauthorized"}]}}`:                               false,
		`{"detail": {"type": [{"prefix": {"equals-ignore-case": "unAUTH"}}]}}`:             true,
		`{"detail": {"type": [{"wildcard": "*:EC2/*"}]}}`:                                  true,
		`{"detail": {"type": [{"wildcard": "*:S3/*"}]}}`:                                   false,
		`{"detail": {"type": [{"wildcard": "U*B*e"}]}}`:                                    true,
		`{"detail": {"name": [{"wildcard": "A\\*b"}]}}`:                                    true,
		`{"detail": {"type": [{"wildcard": "UnauthorizedAccess"}]}}`:                       false,
		`{"region": [{"equals-ignore-case": "EU-WEST-1"}]}`:                                true,
		`{"region": [{"anything-but": "us-east-1"}]}`:                                      true,
		`{"region": [{"anything-but": ["us-east-1", "eu-west-1"]}]}`:                       false,
		`{"region": [{"anything-but": {"prefix": "eu-"}}]}`:                                false,
		`{"region": [{"anything-but": {"suffix": ["-2", "-3"]}}]}`:                         true,
		`{"absent": [{"anything-but": "x"}]}`:                                              false,
		`{"detail": {"ip": [{"cidr": "10.1.0.0/16"}]}}`:                                    true,
		`{"detail": {"ip": [{"cidr": "10.2.0.0/16"}]}}`:                                    false,
		`{"detail": {"archived": [false]}}`:                                                true,
		`{"detail": {"note": [null]}}`:                                                     true,
		`{"detail": {"severity": [{"exists": true}]}}`:                                     true,
		`{"detail": {"severity": [{"exists": false}]}}`:                                    false,
		`{"detail": {"other": {"deeper": [{"exists": false}]}}}`:                           true,
		`{"detail": {"findings": {"Severity": {"Label": ["HIGH"]}}}}`:                      true,
		`{"detail": {"findings": {"Severity": {"Label": ["HIGH"]}, "Workflow": ["NEW"]}}}`: false, // of one and the same element
		`{"$or": [{"region": ["us-east-1"]}, {"detail": {"severity": [8]}}]}`:              true,
		`{"$or": [{"region": ["us-east-1"]}, {"detail": {"severity": [1]}}]}`:              false,
		`{"source": ["aws.ec2"], "$or": [{"region": ["eu-west-1"]}, {"x": [1]}]}`:          false,
	} {
		p, err := eventpattern.Parse(pattern)
		require.NoError(t, err, pattern)
		got, err := p.Matches(event)
		require.NoError(t, err)
		require.Equal(t, want, got, pattern)
	}
}

func TestFaultsAreAllFound(t *testing.T) {
	_, err := eventpattern.Parse(`{"source": "aws.ec2", "region": [], "detail": {"a": [{"numeric": [">", 1, ">", 2]}], "b": [{"like": "x"}],
		"c": [{"wildcard": "a**b"}], "d": [["x"]], "e": [{"exists": "no"}], "f": [{"cidr": "10.0.0.0"}], "g": [{"prefix": ""}],
		"h": [{"anything-but": {"numeric": ["=", 1]}}], "i": [{"prefix": "a", "suffix": "b"}], "j": {}, "k": [{"numeric": ["=", 6e9]}]}, "$or": [{"a": [1]}]}`)
	for _, want := range []string{
		"source must be an object or a list", "region is an empty list", "detail.a[0] numeric takes the lower bound", `detail.b[0] has the unknown comparison "like"`,
		"detail.c[0] wildcard has two *", "detail.d[0] is a list within a list", "detail.e[0] exists takes true or false", "detail.f[0] cidr takes",
		"detail.g[0] prefix takes a text", `detail.h[0] anything-but does not go with "numeric"`, "detail.i[0] must be one comparison", "detail.j is empty",
		"detail.k[0] numeric takes numbers from", "$or needs two alternatives",
	} {
		require.ErrorContains(t, err, want)
	}
	for text, want := range map[string]string{`{`: "is no JSON", `[]`: "is no JSON object", `{}`: "is empty", `{"a":[1]} x`: "is no JSON", `{"a":["` + strings.Repeat("x", 4096) + `"]}`: "more than 4096"} {
		_, err := eventpattern.Parse(text)
		require.ErrorContains(t, err, want)
	}
	p, err := eventpattern.Parse(`{"a": [1]}`)
	require.NoError(t, err)
	_, err = p.Matches(`[]`)
	require.Error(t, err)
}

func TestOrderAndSpaceHaveNoMeaning(t *testing.T) {
	a, err := eventpattern.Parse(`{"source": ["b", "a"], "detail": {"x": [{"numeric": [">", 1, "<", 2]}, null, "<&>"]}}`)
	require.NoError(t, err)
	b, err := eventpattern.Parse(`{"detail":{"x":[null,"<&>",{"numeric":[">",1,"<",2]}]},"source":["a","b","a"]}`)
	require.NoError(t, err)
	require.Equal(t, a.String(), b.String())
	again, err := eventpattern.Parse(a.String())
	require.NoError(t, err)
	require.Equal(t, a.String(), again.String())
	c, err := eventpattern.Parse(`{"source": ["a"], "detail": {"x": [{"numeric": [">", 1]}]}}`)
	require.NoError(t, err)
	require.NotEqual(t, a.String(), c.String())
}

func Example() {
	p, err := eventpattern.Parse(`{"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">=", 7]}]}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, severity := range []string{"4.9", "8"} {
		ok, err := p.Matches(`{"source": "aws.guardduty", "detail": {"severity": ` + severity + `}}`)
		fmt.Println(severity, ok, err)
	}
	// Output:
	// 4.9 false <nil>
	// 8 true <nil>
}
