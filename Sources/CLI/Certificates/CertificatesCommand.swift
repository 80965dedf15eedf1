import ArgumentParser
import Certificates

struct CertificatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "Make the certificates of a cluster.",
        discussion: """
            Everything lies in one folder, each certificate beside its key, which only its owner may read:
              holdfast certificates ca
              holdfast certificates node node1 --host db1.example.org --host 10.0.0.1
              holdfast certificates client operator

            A node is started with --tls-ca, --tls-certificate and --tls-key; so are the commands that talk to it. A node takes up \
            certificates that were replaced (--replace) without a restart. Keep the CA's key where no node is.
            """,
        subcommands: [CertificatesAuthority.self, CertificatesNode.self, CertificatesClient.self])
}

/// Where certificates lie, and how long they are valid.
struct CertificateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the certificates; made if it is not there.", valueName: "dir"))
    var directory = "certificates"

    @Flag(help: "Replace the certificate and the key that are there already.")
    var replace = false

    @OptionGroup var output: OutputOptions
}

struct CertificatesAuthority: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Make a certificate authority: ca.pem and its key, ca.key.",
        discussion: "A new one in place of the old makes every certificate of the old one worthless.")

    @Option(help: ArgumentHelp("How long it is valid.", valueName: "days"))
    var days = 3_650

    @Option(help: ArgumentHelp("What it is called.", valueName: "name"))
    var name = "Holdfast CA"

    @OptionGroup var options: CertificateOptions

    func run() throws {
        let folder = CertificateFolder(path: options.directory)
        try folder.makeAuthority(name: name, days: days, replacing: options.replace).report(options.output)
    }
}

struct CertificatesNode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Make a node's certificate: NAME.pem and its key, NAME.key.")

    @Argument(help: "What the files are called.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "A name or address at which others reach the node, that of --advertise or --listen. May be given several times.",
            valueName: "host"))
    var host: [String]

    @Option(help: ArgumentHelp("How long it is valid.", valueName: "days"))
    var days = 365

    @OptionGroup var options: CertificateOptions

    func run() throws {
        let folder = CertificateFolder(path: options.directory)
        try folder.issue(name, .node(hosts: host), days: days, replacing: options.replace).report(options.output)
    }
}

struct CertificatesClient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Make a client's certificate: NAME.pem and its key, NAME.key.",
        discussion: "Whoever holds it may do all that the commands of this program can do with a cluster.")

    @Argument(help: "What the files are called.")
    var name: String

    @Option(help: ArgumentHelp("How long it is valid.", valueName: "days"))
    var days = 365

    @OptionGroup var options: CertificateOptions

    func run() throws {
        let folder = CertificateFolder(path: options.directory)
        try folder.issue(name, .client, days: days, replacing: options.replace).report(options.output)
    }
}
