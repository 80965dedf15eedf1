extension JSONOutput {
    /// A closed frame that is written to again: what it gets gathers at the end of the buffer, and is moved to where it
    /// belongs as soon as something else is written.
    ///
    /// Rare: a type has to take two nested containers (or a `superEncoder`) and then go back to the first. So it may cost a
    /// move of the bytes behind; the usual case costs nothing.
    struct Detachment {
        var frame: Int32
        /// Where the detached text starts.
        var start: Int
        /// The innermost open frame before.
        var top: Int
        /// The frame had no text of its own yet, but for the placeholder `{}`.
        var wasUndecided: Bool
    }

    /// Makes a frame the innermost one that is closed, or that is open while another is detached.
    func detach(_ index: Int) {
        if let detachment {
            if isWithin(index, Int(detachment.frame)), frames[index].isOpen {
                while top != index { closeTop() }
                return
            }
            reattach()
        }
        if frames[index].isOpen {
            while top != index { closeTop() }
            return
        }
        let isUndecided = frames[index].kind == .undecided
        precondition(frames[index].kind != .scalar, "one encode(to:) writes a second value into one place")
        detachment = Detachment(frame: Int32(index), start: bytes.count, top: top, wasUndecided: isUndecided)
        // Stands for the one that separates the new members from the old.
        if !isUndecided { bytes.append(ASCII.comma) }
        frames[index].isOpen = true
        top = index
    }

    /// Moves the detached text to its place.
    func reattach() {
        guard let detached = detachment else { return }
        let index = Int(detached.frame)
        while top != index { closeTop() }
        if detached.wasUndecided {
            closeTop()
        } else {
            frames[index].isOpen = false
        }
        detachment = nil
        top = detached.top

        var text = Array(bytes[detached.start...])
        bytes.removeLast(text.count)
        var moved = detached.start
        let target: Range<Int>
        if detached.wasUndecided {
            target = frames[index].start..<frames[index].start + 2
        } else {
            let end = frames[index].end
            target = end..<end
            let isEmpty = bytes[end - 1] == ASCII.openBrace || bytes[end - 1] == ASCII.openBracket
            if isEmpty || text.count == 1 {
                text.removeFirst()
                moved += 1
            }
        }
        shift(frame: index, detached, from: moved, to: target, count: text.count)
        bytes.replaceSubrange(target, with: text)
    }

    /// Corrects the offsets of all frames for the move of `count` bytes at `moved` to `target`.
    private func shift(frame: Int, _ detached: Detachment, from moved: Int, to target: Range<Int>, count: Int) {
        let growth = count - target.count
        for other in frames.indices {
            if frames[other].start >= moved {
                // Within the detached text.
                frames[other].start += target.lowerBound - moved
                frames[other].end += target.lowerBound - moved
            } else if other == frame {
                if detached.wasUndecided {
                    frames[other].end += target.lowerBound - moved
                } else {
                    frames[other].end += growth
                }
            } else {
                if frames[other].start >= target.upperBound { frames[other].start += growth }
                if frames[other].end >= target.upperBound { frames[other].end += growth }
            }
        }
    }

    private func isWithin(_ index: Int, _ ancestor: Int) -> Bool {
        var index = index
        while index > ancestor { index = Int(frames[index].parent) }
        return index == ancestor
    }
}
