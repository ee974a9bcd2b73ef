package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// SessionPreferences are the region's preferences of Session Manager, which takes the place of SSH: no port is open, IAM says
// who may, and what is typed is recorded. They are kept in the document SSM-SessionManagerRunShell, of which a region has one; its
// removal gives AWS's defaults back. The zero value ends a session after 20 minutes without input and 60 minutes in all.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
type SessionPreferences struct {
	// Key encrypts sessions in addition to TLS. Nodes and the people who connect need kms:Decrypt and kms:GenerateDataKey with it.
	Key id.KeyARN
	// LogGroup takes a session's content as it is typed. It must be encrypted by a key of KMS.
	LogGroup id.LogGroup
	// Bucket takes a session's content when it ends. It must be encrypted.
	Bucket       id.Bucket
	BucketPrefix string
	// UnloggedBecause says why nothing is recorded.
	UnloggedBecause string
	IdleTimeout     time.Duration // whole minutes, 1–60: 20 if zero
	MaxDuration     time.Duration // whole minutes, 1–1,440: 60 if zero
	// RunAs is the user on Linux that sessions have; ssm-user, who may become root, if empty. A tag SSMSessionRunAs of the
	// principal goes before it.
	RunAs          string
	LinuxProfile   string // commands that begin each session on Linux, up to 512 characters
	WindowsProfile string // and on Windows
}

const sessionDocument = "SSM-SessionManagerRunShell"

type sessionState struct {
	Key            string
	LogGroup       string
	Bucket         string
	BucketPrefix   string
	Encrypted      bool // logs go only to where they are encrypted
	Streaming      bool
	IdleMinutes    int32
	MaxMinutes     int32
	RunAs          string
	LinuxProfile   string
	WindowsProfile string
	Unlogged       bool `zt:"-"` // with a reason
}

// Declare implements ztcore.Resource.
func (p SessionPreferences) Declare(d *ztcore.Declaration) {
	node := sessionPreferences.Declare(d, "region", sessionState{
		Key: string(p.Key), LogGroup: string(p.LogGroup), Bucket: string(p.Bucket), BucketPrefix: p.BucketPrefix, Encrypted: true, Streaming: true, IdleMinutes: wholeMinutes(p.IdleTimeout, 20),
		MaxMinutes: wholeMinutes(p.MaxDuration, 60), RunAs: p.RunAs, LinuxProfile: p.LinuxProfile, WindowsProfile: p.WindowsProfile, Unlogged: p.UnloggedBecause != "",
	})
	if p.UnloggedBecause != "" {
		node.Except("UnloggedBecause", p.UnloggedBecause)
	}
}

var sessionPreferences = &ztcore.Kind[sessionState]{
	Name: "endpoint.SessionPreferences", Permissions: &sessionPreferencesNeed, Check: checkSessions,
	Get: func(ctx context.Context, sc *ztcore.Scope, _ sessionState) (sessionState, bool, error) {
		out, err := ssm.NewFromConfig(sc.Config).GetDocument(ctx, &ssm.GetDocumentInput{Name: aws.String(sessionDocument)})
		if err != nil {
			return sessionState{}, false, unlessGone(err)
		}
		return seenSessions(aws.ToString(out.Content)), true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want sessionState) error {
		text, err := want.document()
		if err != nil {
			return err
		}
		_, err = ssm.NewFromConfig(sc.Config).CreateDocument(ctx, &ssm.CreateDocumentInput{Name: aws.String(sessionDocument), Content: &text, DocumentType: types.DocumentTypeSession, DocumentFormat: types.DocumentFormatJson})
		var there *types.DocumentAlreadyExists
		if errors.As(err, &there) {
			return publish(ctx, sc, documentState{Name: sessionDocument, Content: documentText(text), Format: string(types.DocumentFormatJson)})
		}
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, _ sessionState) error {
		_, err := ssm.NewFromConfig(sc.Config).DeleteDocument(ctx, &ssm.DeleteDocumentInput{Name: aws.String(sessionDocument)})
		return unlessGone(err)
	},
	Controls: []string{"FSBP SSM.1", "NIST SP 800-207 tenet 2", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var sessionPreferencesNeed = ztcore.Permissions{
	Read:   []string{"ssm:GetDocument"},
	Write:  []string{"ssm:CreateDocument", "ssm:DescribeDocument", "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"},
	Delete: []string{"ssm:DeleteDocument"},
}

// sessionDocumentForm is the content of the document.
type sessionDocumentForm struct {
	SchemaVersion string        `json:"schemaVersion"`
	Description   string        `json:"description"`
	SessionType   string        `json:"sessionType"`
	Inputs        sessionInputs `json:"inputs"`
}

type sessionInputs struct {
	Bucket       string            `json:"s3BucketName"`
	Prefix       string            `json:"s3KeyPrefix"`
	S3Encrypted  bool              `json:"s3EncryptionEnabled"`
	LogGroup     string            `json:"cloudWatchLogGroupName"`
	LogEncrypted bool              `json:"cloudWatchEncryptionEnabled"`
	Streaming    bool              `json:"cloudWatchStreamingEnabled"`
	Key          string            `json:"kmsKeyId"`
	RunAs        bool              `json:"runAsEnabled"`
	RunAsUser    string            `json:"runAsDefaultUser"`
	Idle         string            `json:"idleSessionTimeout"`
	Max          string            `json:"maxSessionDuration"`
	Profile      map[string]string `json:"shellProfile"`
}

func (s sessionState) document() (string, error) {
	text, err := json.Marshal(sessionDocumentForm{"1.0", "Preferences of Session Manager", "Standard_Stream", sessionInputs{
		Bucket: s.Bucket, Prefix: s.BucketPrefix, S3Encrypted: s.Encrypted, LogGroup: s.LogGroup, LogEncrypted: s.Encrypted, Streaming: s.Streaming, Key: s.Key, RunAs: s.RunAs != "", RunAsUser: s.RunAs,
		Idle: strconv.Itoa(int(s.IdleMinutes)), Max: strconv.Itoa(int(s.MaxMinutes)), Profile: map[string]string{"linux": s.LinuxProfile, "windows": s.WindowsProfile},
	}})
	return string(text), err
}

// seenSessions takes what can't be parsed for a document without preferences, which is drift and no error.
func seenSessions(text string) sessionState {
	var d sessionDocumentForm
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return sessionState{}
	}
	in := d.Inputs
	return sessionState{
		Key: in.Key, LogGroup: in.LogGroup, Bucket: in.Bucket, BucketPrefix: in.Prefix, Encrypted: in.S3Encrypted && in.LogEncrypted, Streaming: in.Streaming, IdleMinutes: minutes(in.Idle), MaxMinutes: minutes(in.Max),
		RunAs: in.RunAsUser, LinuxProfile: in.Profile["linux"], WindowsProfile: in.Profile["windows"],
	}
}

func minutes(s string) int32 {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// wholeMinutes is -1 for what is none, for the checks to find.
func wholeMinutes(d time.Duration, otherwise int32) int32 {
	switch {
	case d == 0:
		return otherwise
	case d < 0 || d%time.Minute != 0 || d > 100*24*time.Hour:
		return -1
	}
	return int32(d / time.Minute)
}

var linuxUser = regexp.MustCompile(`^[a-zA-Z0-9_.][a-zA-Z0-9_.\-]{0,255}$`)

func checkSessions(want sessionState) []ztcore.Finding {
	var out []ztcore.Finding
	within := func(attribute string, value, most int32) {
		if value < 1 || value > most {
			out = append(out, ztcore.Finding{Attribute: attribute, Message: fmt.Sprintf("a session can't have other than 1 to %d whole minutes", most), Fix: "leave it zero"})
		}
	}
	within("IdleTimeout", want.IdleMinutes, 60)
	within("MaxDuration", want.MaxMinutes, 1440)
	if want.RunAs != "" && (!linuxUser.MatchString(want.RunAs) || want.RunAs == "root") {
		out = append(out, ztcore.Finding{Attribute: "RunAs", Message: want.RunAs + " can't be who sessions run as", Fix: "use a user of the nodes that is not root"})
	}
	if len(want.LinuxProfile) > 512 || len(want.WindowsProfile) > 512 {
		out = append(out, ztcore.Finding{Attribute: "LinuxProfile, WindowsProfile", Message: "have more than 512 characters", Fix: "call a script that is on the nodes"})
	}
	if want.BucketPrefix != "" && want.Bucket == "" {
		out = append(out, ztcore.Finding{Attribute: "BucketPrefix", Message: "needs Bucket", Fix: "set both or neither"})
	}
	if want.LogGroup == "" && want.Bucket == "" && !want.Unlogged {
		out = append(out, ztcore.Finding{
			Attribute: "LogGroup", Guardrail: "endpoint.sessions-unlogged", Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
			Message: "what is typed in sessions is recorded nowhere", Fix: "set LogGroup or Bucket, or say why in UnloggedBecause",
		})
	}
	return out
}
