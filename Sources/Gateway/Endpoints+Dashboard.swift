internal import HTTPTypes

extension Endpoints {
    /// `GET /`: one page that needs nothing from anywhere else.
    func dashboard() -> Answer {
        var answer = Answer(type: "text/html; charset=utf-8", PackageResources.dashboard_html)
        answer.fields[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        answer.fields[.referrerPolicy] = "no-referrer"
        return answer
    }
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
