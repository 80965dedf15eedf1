/// The journal's schema, in steps that are applied in order and never changed once shipped.
public enum Migrations {}
